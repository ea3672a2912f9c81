// A curve drawn with braille characters: each is a cell of 2 by 4 dots.
#ifndef DESCENT_CLIENT_CLI_BRAILLE_PLOT_H_
#define DESCENT_CLIENT_CLI_BRAILLE_PLOT_H_

#include <string>
#include <vector>

#include "client/cli/curve.h"

namespace descent::cli {

struct PlotSize {
  int columns = 60;  // of the drawing in characters, without axis and labels; >= 2
  int rows = 8;      // >= 2
};

// A drawing and what its corners mean.
struct Plot {
  std::vector<std::string> lines;  // one a row, each size.columns characters
  double low = 0;                  // value at the lowest dots
  double high = 0;                 // value at the highest dots
  bool is_log = false;  // whether the scale is logarithmic: all values are positive and they are not all equal
};

// Draws the curve over its whole range of steps. Of every column of dots, all between the least and the greatest value
// is filled; columns without a value are bridged by a line. Lines are empty when there is no finite value.
Plot DrawCurve(const Curve& curve, const PlotSize& size);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_BRAILLE_PLOT_H_
