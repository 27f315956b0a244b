/** The part of seid's CometBFT RPC (26657) that anybody here asks for (spec/sidecar.md section 11). */
import { createHash } from "node:crypto";
import type { Seid } from "../seid.ts";
import { nodeIdOf } from "../volume.ts";
import { json, plain, type SimAnswer, type SimRequest } from "./message.ts";

export function answerSeid(seid: Seid, request: SimRequest): SimAnswer {
  const { settings, volume } = seid;
  const answer = (result: unknown) =>
    json(200, settings.enveloped ? { jsonrpc: "2.0", id: -1, result } : result);
  const asked = Number(request.query.get("height") ?? seid.height);
  const known = asked >= 1 && asked <= seid.height;
  switch (request.path) {
    case "/status":
      return answer({
        node_info: {
          id: volume.nodeKey === undefined ? "" : nodeIdOf(volume.nodeKey),
          network: settings.network ?? volume.files.genesisChainId ?? "",
        },
        sync_info: { latest_block_height: String(seid.height), catching_up: settings.catchingUp },
      });
    case "/lag_status":
      return json(seid.caughtUp ? 200 : 417, {
        current_height: String(seid.height),
        lag: String(settings.lag),
      });
    case "/block":
      return known
        ? answer({ block_id: { hash: blockHash(asked) } })
        : plain(500, `no block at height ${asked}`);
    case "/block_results":
      return known
        ? answer({ height: String(asked), txs_results: [] })
        : plain(500, `no results at height ${asked}`);
    default:
      return plain(404, "404 page not found");
  }
}

function blockHash(height: number): string {
  return createHash("sha256").update(`block ${height}`).digest("hex").toUpperCase();
}
