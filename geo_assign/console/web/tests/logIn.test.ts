import { describe, expect, test } from "vitest";
import { isSlug, logInProblem, signOnAddress, signOnProblem } from "../src/model/logIn";

describe("what a refused log-in tells", () => {
  test.each([
    ["bad_credentials", 401, /not right/],
    ["unknown_code", 401, /not right/],
    ["second_factor_wrong", 401, /used already/],
    ["second_factor_required", 401, /^$/],
    ["password_log_in_off", 403, /single sign-on/],
    ["too_many_log_ins", 429, /wait a minute/],
    ["overloaded", 503, /^the service's words$/],
  ])("%s", (code, status, told) => {
    expect(logInProblem({ code, status, message: "the service's words" })).toMatch(told);
  });
});

describe("what the identity provider's way back tells", () => {
  test("nothing where nothing went wrong", () => {
    expect(signOnProblem("")).toBeNull();
    expect(signOnProblem("?page=1")).toBeNull();
  });

  test("the reason, too, where people can do something about it", () => {
    expect(signOnProblem("?sign_on=sign_on_email_refused&reason=email_not_verified")).toMatch(/not verified/);
    expect(signOnProblem("?sign_on=sign_on_provider_unavailable&reason=timeout")).toMatch(/password\.$/);
  });

  test("nothing of an address that another page made", () => {
    expect(signOnProblem("?sign_on=<b>pay here</b>&reason=constructor")).toBe(
      "The log-in with single sign-on did not work.",
    );
  });
});

test("an organization's name is asked for once it can be one", () => {
  expect(["acme", "a", "north-2"].every(isSlug)).toBe(true);
  expect(["", "Acme", "a b", "../me", "-x", "x".repeat(64)].some(isSlug)).toBe(false);
  expect(signOnAddress("north-2")).toBe("/v1/single-sign-on/north-2/start");
});
