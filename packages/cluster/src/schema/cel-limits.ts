/** Costs the API server allows (apiserver `pkg/apis/cel/config.go`, apiextensions `validation/cel_validation.go`). */

/** One expression, when it runs. */
export const PER_CALL_LIMIT = 1_000_000;
/** All expressions of one request together, when they run. */
export const REQUEST_COST_BUDGET = 10_000_000;
/** One rule of a CRD, estimated when the CRD is written. */
export const ESTIMATED_RULE_LIMIT = 10_000_000;
/** All rules of one CRD version, estimated when the CRD is written. */
export const ESTIMATED_CRD_LIMIT = 100_000_000;
