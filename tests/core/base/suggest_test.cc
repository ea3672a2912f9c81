#include "core/base/suggest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace descent::core {
namespace {

const std::vector<std::string> kNames = {"sgd", "adagrad", "rmsprop", "adam", "adamw"};

TEST(SuggestTest, FindsTheNearestName) {
  EXPECT_EQ(NearestName("adm", kNames), "adam");
  EXPECT_EQ(NearestName("adagard", kNames), "adagrad");  // a swap counts once
  EXPECT_EQ(NearestName("rmsporp", kNames), "rmsprop");
  EXPECT_EQ(NearestName("adam", kNames), "adam");
  EXPECT_EQ(NearestName("adamx", kNames), "adam");  // as near as adamw, and first
}

TEST(SuggestTest, FarWordsHaveNoNearestName) {
  EXPECT_EQ(NearestName("lbfgs", kNames), "");
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName("adam", {}), "");
  EXPECT_EQ(NearestName(std::string(100000, 'a'), {std::string(100000, 'a')}), "");
}

TEST(SuggestTest, Sentences) {
  EXPECT_EQ(Suggestion("adm", kNames), "; did you mean \"adam\"?");
  EXPECT_EQ(Suggestion("lbfgs", kNames), "; one of: sgd, adagrad, rmsprop, adam, adamw");
  EXPECT_EQ(Suggestion("lbfgs", {}), "");
  EXPECT_EQ(Suggestion("lbfgs", std::vector<std::string>(21, "something")), "");
}

}  // namespace
}  // namespace descent::core
