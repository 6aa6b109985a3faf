export {
  createExpressMiddleware,
  type ExpressOptions,
  type FormatName,
  type GuardMiddleware,
  type MiddlewareParts,
} from './express-middleware.js';
