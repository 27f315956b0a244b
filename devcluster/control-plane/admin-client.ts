/** GET as the admin: what starting and waiting needs to see of the API server. Tests and the demo bring their own client. */
import { Agent, request } from "undici";

export interface AdminClient {
  /** Status 0 when there was no answer at all (not listening yet, reset): the caller is waiting anyhow. */
  get(path: string): Promise<{ status: number; text: string }>;
  close(): Promise<void>;
}

export function createAdminClient(server: string, token: string, ca: string): AdminClient {
  const agent = new Agent({ connect: { ca }, headersTimeout: 5_000, bodyTimeout: 5_000 });
  return {
    async get(path) {
      try {
        const { statusCode, body } = await request(`${server}${path}`, {
          dispatcher: agent,
          headers: { authorization: `Bearer ${token}` },
        });
        return { status: statusCode, text: await body.text() };
      } catch (error) {
        return { status: 0, text: error instanceof Error ? error.message : String(error) };
      }
    },
    close: () => agent.destroy(),
  };
}
