import assert from "node:assert/strict";
import { test } from "node:test";
import { PlanMemory } from "./plan-memory.ts";

test("beyond its bound the memory forgets the plan that was touched least recently, whole", () => {
  const memory = new PlanMemory<number>(2);
  memory.set("a", "1", 1);
  memory.set("b", "1", 2);
  memory.set("a", "2", 3);
  memory.set("c", "1", 4);
  assert.equal(memory.size, 2);
  assert.equal(memory.get("b", "1"), undefined);
  assert.equal(memory.get("a", "1"), 1);
  assert.equal(memory.get("a", "2"), 3);
});

test("a plan whose last task is deleted, or that is forgotten, leaves nothing behind", () => {
  const memory = new PlanMemory<number>();
  memory.set("a", "1", 1);
  memory.delete("a", "1");
  memory.delete("a", "1");
  assert.equal(memory.size, 0);
  memory.set("a", "1", 1);
  memory.forget("a");
  assert.equal(memory.get("a", "1"), undefined);
});
