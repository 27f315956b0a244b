import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "#kube";
import { FakeClient } from "./fake-client.ts";
import { observePod, openPass } from "./pass.ts";
import { pod, seiNode } from "./testing.ts";
