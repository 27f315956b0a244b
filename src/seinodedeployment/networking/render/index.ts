export { renderExternalService } from "./external-service.ts";
export { renderHttpRoutes } from "./http-routes.ts";
export { renderInternalService } from "./internal-service.ts";
export { groupLabels, type HTTPRouteManifest, type ServiceManifest } from "./metadata.ts";
export { p2pLabels, renderP2pService } from "./p2p-service.ts";
