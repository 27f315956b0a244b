/** For the unit tests of this room; it is shared with the other kinds. */
export { apiError, FakeClient, type RecordedWrite } from "../kube/testing/fake-client.ts";
