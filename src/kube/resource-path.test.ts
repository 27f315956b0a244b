import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isApiError } from "./errors.ts";
import { collectionPath, labelSelector, objectPath, resourceOfPath, withQuery } from "./resource-path.ts";
import { persistentVolumes, pods, statefulSets } from "./resources.ts";

test("paths of core and grouped, namespaced and cluster-scoped resources", () => {
  assert.equal(collectionPath(pods, undefined), "/api/v1/pods");
  assert.equal(collectionPath(statefulSets, "ns"), "/apis/apps/v1/namespaces/ns/statefulsets");
  assert.equal(objectPath(persistentVolumes, { name: "pv" }), "/api/v1/persistentvolumes/pv");
  assert.equal(
    objectPath(pods, { namespace: "ns", name: "a" }, "status"),
    "/api/v1/namespaces/ns/pods/a/status",
  );
  assert.equal(
    objectPath(persistentVolumes, { name: "system:x y" }),
    "/api/v1/persistentvolumes/system%3Ax%20y",
  );
});

test("property: whatever a name holds, the path addresses one object of that collection or is refused", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (name) => {
      try {
        const path = new URL(objectPath(pods, { namespace: "ns", name }), "https://x").pathname;
        assert.match(path, /^\/api\/v1\/namespaces\/ns\/pods\/[^/]+$/);
        assert.equal(decodeURIComponent(path.split("/").at(-1) ?? ""), name);
      } catch (error) {
        assert.ok(isApiError(error, "invalid"), String(error));
      }
    }),
  );
});

test("queries leave out what is undefined and escape the rest", () => {
  assert.equal(withQuery("/p", { a: undefined }), "/p");
  assert.equal(withQuery("/p", { a: "x=y,z", n: 1, b: false }), "/p?a=x%3Dy%2Cz&n=1&b=false");
  assert.equal(withQuery("/p?q=1", { a: "b" }), "/p?q=1&a=b");
});

test("label selectors are sorted; no labels are no selector", () => {
  assert.equal(labelSelector({ b: "2", a: "" }), "a=,b=2");
  assert.equal(labelSelector({}), undefined);
  assert.equal(labelSelector(undefined), undefined);
});

test("the resource of a raw path is its plural", () => {
  const table = {
    "/api/v1/namespaces/ns/pods/a/binding": "pods",
    "/api/v1/nodes/n/status?x=/y": "nodes",
    "/apis/apps/v1/namespaces/ns/statefulsets": "statefulsets",
    "/api/v1/namespaces/ns": "namespaces",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews": "selfsubjectreviews",
    "/readyz": "",
  };
  for (const [path, plural] of Object.entries(table)) assert.equal(resourceOfPath(path), plural, path);
});
