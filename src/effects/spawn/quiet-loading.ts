/** Flags of Node: its remarks on how it loads TypeScript are no concern of whoever wrote the file. */
export const QUIET_LOADING: readonly string[] = ["--disable-warning=ExperimentalWarning", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"];
