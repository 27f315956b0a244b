import { request } from "node:http";

export interface ProxyAnswer {
  status: number;
  body: string;
}

/** Sends one absolute-form request through a forward proxy. Rejects when the connection ends without a whole answer. */
export function throughProxy(
  proxyUrl: string,
  url: string,
  options: { method?: string; body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<ProxyAnswer> {
  const proxy = new URL(proxyUrl);
  const { method = "GET", body, token, headers } = options;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: proxy.hostname,
        port: proxy.port,
        path: url,
        method,
        agent: false,
        headers: {
          host: new URL(url).host,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}
