/** The text of a class, a function or an object of functions, whose digest tells an edit. */
export function inlineSource(service: object): string {
  return typeof service === "function" ? String(service) : Object.values(service).map(String).join("\n");
}
