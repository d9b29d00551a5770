import type { MethodName, ParamsOf, ResultOf } from "../../core/methods.ts";
import type { Caller, Handler } from "./dispatch.ts";

type Answer<M extends MethodName> = (params: ParamsOf<M>, caller: Caller) => ResultOf<M> | Promise<ResultOf<M>>;

/** One handler for each method of the protocol. */
export type MethodHandlers = { readonly [M in Exclude<MethodName, "hello">]: Answer<M> };

/** By name, for the server: it checks the params against the protocol before a handler sees them. */
export function methodMap(handlers: Partial<MethodHandlers>): Map<string, Handler> {
  return new Map(Object.entries(handlers) as [string, Handler][]);
}
