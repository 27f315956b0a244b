import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import type { ApiResource, SeiNode, SeiNodeDeployment, SeiNodeTask } from "#api";
import { API_VERSION, seiNodeDeployments, seiNodes, seiNodeTasks, TaskTypes } from "#api";
import type { KubeObject, ResourceType } from "#kube";
import { apiVersionOf } from "#kube";

test("the resources fit the runtime's ResourceType", () => {
  // The annotations are the test: they fail to compile when the two shapes of metadata drift apart.
  const node: ResourceType<SeiNode> = seiNodes;
  const deployment: ResourceType<SeiNodeDeployment> = seiNodeDeployments;
  const task: ResourceType<SeiNodeTask> = seiNodeTasks;
  const any: readonly ResourceType[] = [node, deployment, task];
  const back: readonly ApiResource<KubeObject>[] = any;
  for (const resource of back) {
    assert.equal(apiVersionOf(resource), API_VERSION);
    assert.equal(resource.plural, `${resource.kind.toLowerCase()}s`);
    assert.equal(resource.namespaced, true);
  }
});

test("importing the API loads no schema and no package", () => {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ resolve(name, context, next) { const result = next(name, context); loaded.push(result.url); return result; } });
    await import("#api");
    console.log(JSON.stringify(loaded));`;
  const cwd = join(import.meta.dirname, "..", "..");
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd,
    encoding: "utf8",
  });
  const loaded: string[] = JSON.parse(output);
  assert.ok(
    loaded.some((url) => url.endsWith("/api/v1alpha1/resources.ts")),
    output,
  );
  assert.deepEqual(
    loaded.filter((url) => /node_modules|\/schema\//.test(url)),
    [],
  );
});

test("no two task types have the same name", () => {
  const names = Object.values(TaskTypes);
  assert.equal(new Set(names).size, names.length);
});
