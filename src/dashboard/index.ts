/** The operator's page: static files, the headers to serve them with, and the shape of the data they show. */
export { createDashboardFiles, type DashboardFile } from './files.js';
export { DASHBOARD_CSP, DASHBOARD_HEADERS } from './headers.js';
export type { DashboardSummary } from './summary.js';
