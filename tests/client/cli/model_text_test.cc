#include "client/cli/model_text.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace descent::cli {
namespace {

v1::PredictResponse Response(const char* text) {
  v1::PredictResponse response;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &response));
  return response;
}

TEST(PredictionsTextTest, HasAColumnForEachTarget) {
  const v1::PredictResponse one = Response("targets: 'price' values: [ 1.5, 2 ]");
  EXPECT_EQ(PredictionsText(one), "ROW  PREDICTION\n  1         1.5\n  2           2\n");
  EXPECT_EQ(PredictionLines(one), "{\"row\":1,\"value\":1.5}\n{\"row\":2,\"value\":2}\n");
  const v1::PredictResponse two = Response("targets: [ 'waist', 'pulse' ] values: [ 35, 56, 36.5, 50 ]");
  EXPECT_EQ(PredictionsText(two), "ROW  waist  pulse\n  1     35     56\n  2   36.5     50\n");
  EXPECT_EQ(
      PredictionLines(two),
      "{\"row\":1,\"values\":{\"waist\":35,\"pulse\":56}}\n{\"row\":2,\"values\":{\"waist\":36.5,\"pulse\":50}}\n");
}

}  // namespace
}  // namespace descent::cli
