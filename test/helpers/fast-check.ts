import fc from "fast-check";

/** The same walk in each run, so that no run fails by chance; SVC_TEST_SEED=random looks for what this one has not met. */
const { SVC_TEST_SEED: seed = "20260101" } = process.env;
if (seed !== "random") fc.configureGlobal({ seed: Number(seed) });

export { fc };
