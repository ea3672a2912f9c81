#include "core/expression/formula.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "core/expression/evaluator.h"

namespace descent::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string Times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

Formula Parse(const std::string& text) {
  absl::StatusOr<Formula> formula = ParseFormula(text);
  EXPECT_TRUE(formula.ok()) << text << "\n" << formula.status();
  return formula.ok() ? *std::move(formula) : Formula{};
}

// The value where x = 3, y = 2, z = -0.5.
double ValueOf(const std::string& text) {
  const Formula formula = Parse(text);
  std::vector<double> point;
  for (const std::string& name : formula.names) point.push_back(name == "x" ? 3 : name == "y" ? 2 : -0.5);
  Evaluator evaluator(&formula, AllParameters(formula));
  evaluator.SetParameters(point);
  return evaluator.Forward(1, {})[0];
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Formula> formula = ParseFormula(text);
  EXPECT_FALSE(formula.ok()) << text;
  return std::string(formula.status().message());
}

TEST(FormulaTest, OperatorsBindAsInMathematics) {
  const std::pair<std::string, double> cases[] = {
      {"x+y*z", 3 + 2 * -0.5},
      {"(x+y)*z", 5 * -0.5},
      {"x-y-z", 3 - 2 + 0.5},
      {"x-(y-z)", 0.5},
      {"x/y/z", 3.0 / 2 / -0.5},
      {"x/y*z", 3.0 / 2 * -0.5},
      {"x*y/z", 3.0 * 2 / -0.5},
      {"-x^2", -9},
      {"(-x)^2", 9},
      {"-x^y", -9},
      {"x^-y", std::pow(3.0, -2.0)},
      {"x^-y*x", std::pow(3.0, -2.0) * 3},
      {"2^-x^y", std::pow(2.0, -9.0)},
      {"y^x^y", 512},
      {"(y^x)^y", 64},
      {"x^2^3", std::pow(3.0, 8.0)},
      {"-x*y", -6},
      {"x*-y", -6},
      {"x--y", 5},
      {"x-+-y", 5},
      {"--x", 3},
      {"+x", 3},
      {"-x-y", -5},
      {"2*x^2", 18},
      {"exp(z)^2", std::exp(-0.5) * std::exp(-0.5)},
      {"sin(x)*cos(y)", std::sin(3.0) * std::cos(2.0)},
      {"min(x, y) + max(x, -y)", 5},
      {"pow(x, y)", 9},
      {"pow(y, x)", 8},
      {"atan2(z, x)", std::atan2(-0.5, 3)},
      {"ln(x)-log(x)", 0},
      {" x\t+\n y ", 5},
      {"1e2+1e-2+.5+5.", 105.51},
      {"2.5E+1*x", 75},
      {"2*pi*x", 2 * std::numbers::pi * 3},
      {"e^z", std::pow(std::numbers::e, -0.5)},
      {"x^2*sin(y)", 9 * std::sin(2.0)},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(ValueOf(text), value) << text;
}

TEST(FormulaTest, NamesAndTarget) {
  const Formula fit = Parse("y ~ a*exp(-b*t) + c + a");
  EXPECT_TRUE(fit.has_target);
  EXPECT_EQ(fit.target, "y");
  EXPECT_THAT(fit.names, ElementsAre("a", "b", "t", "c"));
  const Formula quoted = Parse("`sepal length (cm)` ~ `größe` * _x1 + `pi` + `exp` + pi");
  EXPECT_EQ(quoted.target, "sepal length (cm)");
  EXPECT_THAT(quoted.names, ElementsAre("größe", "_x1", "pi", "exp"));
  EXPECT_FALSE(Parse("x^2*sin(y)").has_target);
  // What only looks like an exponent is a name.
  EXPECT_THAT(ErrorOf("2e"), HasSubstr("expected an operator, found \"e\""));
}

TEST(FormulaTest, EqualSubexpressionsAndConstantsAreComputedOnce) {
  // x, y, x+y, sin, its square, sum.
  EXPECT_EQ(Parse("sin(x+y)^2 + sin(x+y)").tape.size(), 6);
  // One constant, x, product.
  const Formula formula = Parse("2*3*sqrt(4)*x");
  EXPECT_EQ(formula.tape.size(), 3);
  EXPECT_EQ(formula.tape.constants[0], 12);
  // The whole may be a constant that was there before.
  EXPECT_EQ(Parse("3-(2-2)").tape.size(), 1);
  EXPECT_EQ(ValueOf("3-(2-2)"), 3);
}

TEST(FormulaTest, ErrorsPointAtTheirPlace) {
  EXPECT_EQ(ErrorOf("a*exp(-b*t"),
            "column 11: expected \")\" to close the \"(\" at column 6, found the end\n"
            "  a*exp(-b*t\n"
            "            ^");
  EXPECT_EQ(ErrorOf("y ~ a*epx(-b*t) + c"),
            "column 7: there is no function \"epx\"; did you mean \"exp\"?\n"
            "  y ~ a*epx(-b*t) + c\n"
            "        ^");
  const std::pair<std::string, std::string> cases[] = {
      {"", "column 1: expected a number, a name or \"(\", found the end"},
      {"x +", "column 4: expected a number, a name or \"(\", found the end"},
      {"x + * y", "column 5: expected a number, a name or \"(\", found \"*\""},
      {"2x", "column 2: expected an operator, found \"x\"; to multiply write \"*\""},
      {"(x)(y)", "column 4: expected an operator, found \"(\"; to multiply write \"*\""},
      {"x y", "column 3: expected an operator, found \"y\""},
      {"q(y+1)", "column 1: there is no function \"q\"; to multiply write \"*\"; the functions are exp, expm1, log"},
      {"x)", "column 2: there is no \"(\" that this \")\" would close"},
      {"(x, y)", "column 3: \",\" stands between the arguments of a function only"},
      {"x, y", "column 2: \",\" stands between"},
      {"sin()", "column 5: expected a number, a name or \"(\", found \")\""},
      {"sin(x, y)", "column 1: sin takes 1 argument, found 2"},
      {"1 + pow(x)", "column 5: pow takes 2 arguments, found 1"},
      {"sin + 1", "column 4: expected \"(\" after the function sin; a column or parameter of that name stands in"},
      {"x**2", "column 2: \"**\" is no operator; powers are written x^2"},
      {"y = x", "column 3: \"=\" is no operator; a formula is fitted to a column with \"~\""},
      {"[x]", "column 1: \"[\" is no operator; group with"},
      {"x % 2", "column 3: \"%\" is no operator; there are + - * / and ^"},
      {"2*y ~ x", "column 5: \"~\" stands once, after the name of the column to fit"},
      {"y ~ x ~ z", "column 7: \"~\" stands once"},
      {"y ~", "column 4: expected a number"},
      {"~ x", "column 1: \"~\" stands once"},
      {"1e999*x", "column 1: the number is beyond the largest"},
      {"x + log(-1)", "column 5: this is not a number whatever the parameters are"},
      {"x + 1/(2-2)", "column 5: this is infinite whatever the parameters are"},
      {"größe + 1", "column 3: \"ö\" is no part of a formula; names with letters beyond a-z stand in backquotes"},
      {"`größe` + )", "column 11: expected a number"},
      {"x + `a", "column 5: the name in backquotes does not end"},
      {"``", "column 1: there is no name between the backquotes"},
      {std::string("x\0", 2), "column 2: the byte 0x00 is no part of a formula"},
      {"x\xff", "column 2: the byte 0xff is no part of a formula\n  x?\n   ^"},
      {"x # y", "column 3: \"#\" is no part of a formula"},
  };
  for (const auto& [text, error] : cases) EXPECT_THAT(ErrorOf(text), StartsWith(error)) << text;
}

TEST(FormulaTest, LongFormulasAreShownAroundThePlace) {
  const std::string error = ErrorOf(Times(100, "x + ") + "? + " + Times(100, "x + ") + "x");
  EXPECT_EQ(error, "column 401: \"?\" is no part of a formula\n  ..." + Times(10, "x + ") + "?" + Times(9, " + x") +
                       " + ...\n  " + Times(43, " ") + "^");
}

TEST(FormulaTest, Limits) {
  // Long sums are flat.
  EXPECT_TRUE(ParseFormula(Times(4999, "x+") + "x").ok());
  EXPECT_THAT(ErrorOf(Times(5001, "x+") + "x"), HasSubstr("more than 10000 numbers, names, operators and functions"));
  const std::pair<std::string, std::string> nests[] = {{"(", ")"}, {"sin(", ")"}, {"-", ""}, {"x^", ""}, {"1-(", ")"}};
  for (const auto& [open, close] : nests) {
    const int levels = open == "1-(" ? 100 : 200;
    EXPECT_TRUE(ParseFormula(Times(levels, open) + "x" + Times(levels, close)).ok()) << open;
    EXPECT_THAT(ErrorOf(Times(levels + 1, open) + "x" + Times(levels + 1, close)),
                HasSubstr("nested more than 200 deep"))
        << open;
    EXPECT_THAT(ErrorOf(Times(16000, open)), HasSubstr("deep")) << open;
  }
  EXPECT_TRUE(ParseFormula("x" + Times(65535, " ")).ok());
  EXPECT_EQ(ErrorOf("x" + Times(65536, " ")), "has 65537 bytes, at most 65536 are allowed");
}

TEST(FormulaTest, FunctionsHaveNamesAndSummaries) {
  for (const FormulaFunction& function : FormulaFunctions()) {
    const OperationInfo& info = InfoOf(function.operation);
    EXPECT_EQ(info.operation, function.operation) << function.name;
    EXPECT_FALSE(info.summary.empty()) << function.name;
    EXPECT_EQ(FindFormulaFunction(function.name), &function);
  }
}

}  // namespace
}  // namespace descent::core
