#include <Eigen/QR>
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/base/eigen.h"
#include "core/initializers/kinds.h"
#include "core/initializers/scaled.h"

namespace descent::core {
namespace {

constexpr FieldInfo kFields[] = {
    Number("gain", "Factor of the orthonormal vectors.", 1, Positive()),
};

// The Q of a tall matrix's factors QR, where R has a positive diagonal: so Q is uniformly distributed if the matrix's
// elements are normal. Without the signs it would depend on how R is computed.
Eigen::MatrixXd UniqueQ(const Eigen::MatrixXd& tall) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(tall);
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(tall.rows(), tall.cols());
  for (Eigen::Index j = 0; j < q.cols(); ++j) {
    if (qr.matrixQR()(j, j) < 0) q.col(j) = -q.col(j);
  }
  return q;
}

void Fill(const Config& config, const FillContext& context, absl::Span<double> out) {
  if (context.tensor.role == TensorRole::kBias) {
    std::fill(out.begin(), out.end(), 0.0);
    return;
  }
  const Fans fans = FansOf(context.tensor);
  const auto rows = static_cast<Eigen::Index>(fans.out);
  const auto columns = static_cast<Eigen::Index>(fans.in);
  const RandomStream draws = DrawsOf(context);
  for (size_t i = 0; i < out.size(); ++i) out[i] = draws.Normal(i);
  MatrixView<double> weight(out.data(), rows, columns);
  const double gain = config.number("gain");
  if (rows >= columns) {
    weight = gain * UniqueQ(weight);
  } else {
    weight = gain * UniqueQ(weight.transpose()).transpose();
  }
}

}  // namespace

const constinit InitializerInfo kOrthogonalInitializer = {
    .kind = {.name = "orthogonal",
             .summary = "A random rotation: the rows or the columns of a weight, whichever are fewer, are orthonormal; "
                        "biases are zero.",
             .formula =
                 "gain * Q*sign(diag R) of the QR factors of a matrix of standard normal draws; of its transpose "
                 "if it is wide",
             .reference = "Saxe, McClelland and Ganguli, \"Exact solutions to the nonlinear dynamics of learning in "
                          "deep linear neural networks\", ICLR 2014, arXiv:1312.6120; Mezzadri, 2007, "
                          "arXiv:math-ph/0609050 (the signs)",
             .fields = kFields},
    .draws = true,
    .for_functions = false,
    .fill = Fill};

}  // namespace descent::core
