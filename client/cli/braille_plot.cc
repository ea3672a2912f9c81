#include "client/cli/braille_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace descent::cli {
namespace {

// Dots that are set in one column of dots, from `top` to `bottom`, counted from the top; empty while top > bottom.
struct DotRange {
  int top = 1 << 30;
  int bottom = -1;

  bool empty() const { return top > bottom; }
};

// Values to rows of dots.
struct Scale {
  double low;
  double high;
  bool is_log;
  int dots;

  double Of(double value) const { return is_log ? std::log10(value) : value; }
  int RowOf(double value) const {
    if (!(Of(high) > Of(low))) return dots / 2;
    const double share = (Of(high) - Of(value)) / (Of(high) - Of(low));
    return std::clamp(static_cast<int>(std::lround(share * (dots - 1))), 0, dots - 1);
  }
};

// The ranges that values fill.
std::vector<DotRange> FillColumns(const Curve& curve, const Scale& scale, int columns) {
  std::vector<DotRange> ranges(static_cast<size_t>(columns));
  const double span = std::max<double>(1, static_cast<double>(curve.last_step() - curve.first_step()));
  for (size_t i = 0; i < curve.buckets().size(); ++i) {
    const Curve::Bucket& bucket = curve.buckets()[i];
    if (bucket.empty()) continue;
    const int64_t end = (static_cast<int64_t>(i) + 1) * curve.bucket_steps() - 1;
    const int64_t step = std::min(end, curve.last_step() - curve.first_step());
    const auto column = static_cast<size_t>(std::floor(static_cast<double>(step) / span * (columns - 1)));
    ranges[column].top = std::min(ranges[column].top, scale.RowOf(bucket.high));
    ranges[column].bottom = std::max(ranges[column].bottom, scale.RowOf(bucket.low));
  }
  return ranges;
}

// Bridges columns without a value by a straight line between the middles of their neighbours.
void Bridge(std::vector<DotRange>* ranges) {
  int last = -1;
  for (int column = 0; column < static_cast<int>(ranges->size()); ++column) {
    if ((*ranges)[column].empty()) continue;
    for (int between = last + 1; last >= 0 && between < column; ++between) {
      const double from = ((*ranges)[last].top + (*ranges)[last].bottom) / 2.0;
      const double to = ((*ranges)[column].top + (*ranges)[column].bottom) / 2.0;
      const int row = static_cast<int>(std::lround(from + (to - from) * (between - last) / (column - last)));
      (*ranges)[between] = {row, row};
    }
    last = column;
  }
}

// Lets each column touch the one before it.
void Connect(std::vector<DotRange>* ranges) {
  for (size_t column = 1; column < ranges->size(); ++column) {
    const DotRange& before = (*ranges)[column - 1];
    DotRange& range = (*ranges)[column];
    if (before.empty() || range.empty()) continue;
    range.top = std::min(range.top, before.bottom + 1);
    range.bottom = std::max(range.bottom, before.top - 1);
  }
}

// UTF-8 of the braille character with these dots: bits 0-2 and 6 are the left column from the top, 3-5 and 7 the right.
std::string BrailleCharacter(int bits) {
  const int code = 0x2800 + bits;
  return {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

int DotBit(int column, int row) {
  static constexpr int kBits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};
  return kBits[column][row];
}

}  // namespace

Plot DrawCurve(const Curve& curve, const PlotSize& size) {
  Plot plot;
  const Curve::Bucket range = curve.range();
  if (curve.empty() || range.empty()) return plot;
  plot.low = range.low;
  plot.high = range.high;
  plot.is_log = range.low > 0 && range.high > range.low;
  const Scale scale{range.low, range.high, plot.is_log, 4 * size.rows};
  std::vector<DotRange> ranges = FillColumns(curve, scale, 2 * size.columns);
  Bridge(&ranges);
  Connect(&ranges);
  for (int row = 0; row < size.rows; ++row) {
    std::string line;
    for (int column = 0; column < size.columns; ++column) {
      int bits = 0;
      for (int dot = 0; dot < 8; ++dot) {
        const DotRange& filled = ranges[static_cast<size_t>(2 * column + dot / 4)];
        const int dot_row = 4 * row + dot % 4;
        if (filled.top <= dot_row && dot_row <= filled.bottom) bits |= DotBit(dot / 4, dot % 4);
      }
      line += BrailleCharacter(bits);
    }
    plot.lines.push_back(line);
  }
  return plot;
}

}  // namespace descent::cli
