import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { endWorld } from "../manners.ts";
import { NAMESPACE, World } from "../world.ts";
import { isApiWrite } from "./index.ts";
import { RESET } from "./relay.ts";

let world: World;
before(async () => {
  world = await World.start({ faults: true });
});
after(() => endWorld(world));

test("every write in the audit log of a bring-up passed the relay, in the same words", async () => {
  const seen: string[] = [];
  world.faults.api = (request, forward) => {
    if (isApiWrite(request) && request.resource !== "events") {
      seen.push(`${request.verb} ${request.resource} ${request.namespace}/${request.name}`);
    }
    return forward();
  };
  await world.createNode("told");
  await world.untilReady("told");
  const writes = new Set(["create", "patch", "delete", "update"]);
  const audited = (await world.audit())
    .filter(({ verb, resource }) => writes.has(verb) && !/^(leases|events)$/.test(resource))
    .map(({ verb, resource, namespace, name }) => `${verb} ${resource} ${namespace}/${name}`);
  // A create is addressed to the collection; the log knows the name from the body.
  const nameless = (line: string) => (line.startsWith("create ") ? line.replace(/\/[^/]*$/, "/") : line);
  assert.deepEqual(seen.map(nameless).sort(), audited.map(nameless).sort());
});

test("an answer that is lost once is survived, and so is a sidecar's", async () => {
  let lost = 0;
  world.faults.api = async (request, forward) => {
    const answer = await forward();
    if (!isApiWrite(request) || lost > 0) return answer;
    lost += 1;
    return RESET;
  };
  let lostPosts = 0;
  world.faults.sidecar = async (request, forward) => {
    const answer = await forward();
    if (request.method !== "POST" || request.node !== "lossy" || lostPosts > 0) return answer;
    lostPosts += 1;
    return RESET;
  };
  await world.createNode("lossy");
  await world.untilReady("lossy");
  assert.deepEqual([lost, lostPosts], [1, 1]);
  const node = world.simulator.node(NAMESPACE, "lossy");
  assert.deepEqual(
    [...node.postCounts.values()].filter((count) => count > 1),
    [],
  );
});

test("a watch that is held shows nothing until it is let go", async () => {
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  world.faults.api = async (request, forward) => {
    const answer = await forward();
    if (request.verb !== "watch" || typeof answer.body === "string") return answer;
    const lines = answer.body;
    const held = async function* () {
      for await (const line of lines) {
        if (line.includes('"held"')) {
          seen.push(request.resource);
          await gate.promise;
        }
        yield line;
      }
    };
    return { ...answer, body: held() };
  };
  // Watches that are open already pass undisturbed: the next manager opens its own.
  await world.manager.stop();
  await world.startManager();
  await world.createNode("held");
  await world.createNode("seen-later");
  gate.resolve();
  await world.untilReady("held");
  assert.ok(seen.includes("seinodes"));
});
