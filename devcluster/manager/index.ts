/** The operator itself on a devcluster: its access rights and its process. */
export {
  installManagerAccess,
  MANAGER_NAMESPACE,
  MANAGER_SERVICE_ACCOUNT,
  type ManagerOptions,
  type ManagerProcess,
  managerEnvironment,
  startManager,
} from "./manager-process.ts";
export { devSettings } from "./settings.ts";
