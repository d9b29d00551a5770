import { expect, test } from "vitest";
import { parseNotifyMessage } from "../../src/core/notify-message.ts";

test.each([
  ["READY=1", { ready: true, status: null }],
  ["STATUS=warming up\nREADY=1\n", { ready: true, status: "warming up" }],
  ["STATUS=one\nSTATUS=two=three", { ready: false, status: "two=three" }],
  ["STATUS=", { ready: false, status: "" }],
  ["READY=0", { ready: false, status: null }],
  ["READY=10", { ready: false, status: null }],
  [" READY=1", { ready: false, status: null }],
  ["X_READY=1\nSTOPPING=1\nMAINPID=1\nWATCHDOG=1", { ready: false, status: null }],
  ["", { ready: false, status: null }],
])("%j", (text, message) => {
  expect(parseNotifyMessage(text)).toEqual(message);
});
