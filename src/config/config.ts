/** The settings of a running Portcullis. This folder is the only reader of the environment. */
export { isAllowedRoute, parseAllowedRoute } from './allowed-route.js';
export type {
  AllowedRoute,
  CacheConfig,
  Config,
  ConfigOrigin,
  GpuChoice,
  GuardConfig,
  LogConfig,
  LogLevel,
  ServerConfig,
  SettingOrigin,
  UpstreamConfig,
} from './config-types.js';
export { LOG_LEVELS } from './config-types.js';
export { describeConfig } from './describe-config.js';
export type { ConfigFlags, LoadOptions } from './load-config.js';
export { loadConfig } from './load-config.js';
export { POLICY_NAMES } from './policy-path.js';
