#include <array>
#include <cmath>

#include "core/functions/function.h"

namespace descent::core {
namespace {

constexpr absl::string_view kX[] = {"x"};
constexpr absl::string_view kXY[] = {"x", "y"};

constexpr double kOrigin[] = {0, 0};
constexpr KnownMinimum kOriginMinimum[] = {{.point = kOrigin, .value = 0}};

// A symmetric 2x2 matrix.
void FillHessian(double xx, double xy, double yy, double* hessian) {
  hessian[0] = xx;
  hessian[1] = hessian[2] = xy;
  hessian[3] = yy;
}

double Bowl(const double* v, double* gradient) {
  gradient[0] = v[0];
  gradient[1] = v[1];
  return 0.5 * (v[0] * v[0] + v[1] * v[1]);
}
void BowlHessian(const double* /*v*/, double* hessian) { FillHessian(1, 0, 1, hessian); }
constexpr double kBowlStart[] = {3, 4};

double Ravine(const double* v, double* gradient) {
  gradient[0] = v[0];
  gradient[1] = 25 * v[1];
  return 0.5 * (v[0] * v[0] + 25 * v[1] * v[1]);
}
void RavineHessian(const double* /*v*/, double* hessian) { FillHessian(1, 0, 25, hessian); }
constexpr double kRavineStart[] = {10, 1};

double Rosenbrock(const double* v, double* gradient) {
  const double x = v[0];
  const double away = 1 - x;
  const double across = v[1] - x * x;
  gradient[0] = -2 * away - 400 * x * across;
  gradient[1] = 200 * across;
  return away * away + 100 * across * across;
}
void RosenbrockHessian(const double* v, double* hessian) {
  FillHessian(2 - 400 * (v[1] - 3 * v[0] * v[0]), -400 * v[0], 200, hessian);
}
constexpr double kRosenbrockStart[] = {-1.2, 1};
constexpr double kRosenbrockPoint[] = {1, 1};
constexpr KnownMinimum kRosenbrockMinima[] = {{.point = kRosenbrockPoint, .value = 0}};

double Beale(const double* v, double* gradient) {
  const double x = v[0];
  const double y = v[1];
  const double y2 = y * y;
  const double y3 = y2 * y;
  const double a = 1.5 - x + x * y;
  const double b = 2.25 - x + x * y2;
  const double c = 2.625 - x + x * y3;
  gradient[0] = 2 * (a * (y - 1) + b * (y2 - 1) + c * (y3 - 1));
  gradient[1] = 2 * x * (a + 2 * y * b + 3 * y2 * c);
  return a * a + b * b + c * c;
}
void BealeHessian(const double* v, double* hessian) {
  const double x = v[0];
  const double y = v[1];
  const double y2 = y * y;
  const double y3 = y2 * y;
  const double a = 1.5 - x + x * y;
  const double b = 2.25 - x + x * y2;
  const double c = 2.625 - x + x * y3;
  const double xx = 2 * ((y - 1) * (y - 1) + (y2 - 1) * (y2 - 1) + (y3 - 1) * (y3 - 1));
  const double xy = 2 * (a + 2 * y * b + 3 * y2 * c + x * ((y - 1) + 2 * y * (y2 - 1) + 3 * y2 * (y3 - 1)));
  const double yy = 2 * x * (x + 2 * b + 4 * y2 * x + 6 * y * c + 9 * y2 * y2 * x);
  FillHessian(xx, xy, yy, hessian);
}
constexpr double kBealeStart[] = {1, 1};
constexpr double kBealePoint[] = {3, 0.5};
constexpr KnownMinimum kBealeMinima[] = {{.point = kBealePoint, .value = 0}};

double Himmelblau(const double* v, double* gradient) {
  const double x = v[0];
  const double y = v[1];
  const double a = x * x + y - 11;
  const double b = x + y * y - 7;
  gradient[0] = 4 * x * a + 2 * b;
  gradient[1] = 2 * a + 4 * y * b;
  return a * a + b * b;
}
void HimmelblauHessian(const double* v, double* hessian) {
  const double x = v[0];
  const double y = v[1];
  FillHessian(4 * (x * x + y - 11) + 8 * x * x + 2, 4 * x + 4 * y, 2 + 4 * (x + y * y - 7) + 8 * y * y, hessian);
}
constexpr double kHimmelblauStart[] = {0, 0};
constexpr double kHimmelblauPoints[][2] = {{3, 2},
                                           {-2.805118086952745, 3.131312518250573},
                                           {-3.779310253377747, -3.2831859912861696},
                                           {3.5844283403304917, -1.8481265269644036}};
constexpr KnownMinimum kHimmelblauMinima[] = {{.point = kHimmelblauPoints[0], .value = 0},
                                              {.point = kHimmelblauPoints[1], .value = 0},
                                              {.point = kHimmelblauPoints[2], .value = 0},
                                              {.point = kHimmelblauPoints[3], .value = 0}};

double Saddle(const double* v, double* gradient) {
  const double y2 = v[1] * v[1];
  gradient[0] = v[0];
  gradient[1] = v[1] * (y2 - 1);
  return 0.5 * v[0] * v[0] - 0.5 * y2 + 0.25 * y2 * y2;
}
void SaddleHessian(const double* v, double* hessian) { FillHessian(1, 0, 3 * v[1] * v[1] - 1, hessian); }
constexpr double kSaddleStart[] = {1, 0.01};
constexpr double kSaddlePoints[][2] = {{0, 1}, {0, -1}};
constexpr KnownMinimum kSaddleMinima[] = {{.point = kSaddlePoints[0], .value = -0.25},
                                          {.point = kSaddlePoints[1], .value = -0.25}};

double Plateau(const double* v, double* gradient) {
  const double exponent = -0.5 * (v[0] * v[0] + v[1] * v[1]);
  const double slope = std::exp(exponent);
  gradient[0] = v[0] * slope;
  gradient[1] = v[1] * slope;
  // 1 - exp(e) loses all digits near the minimum.
  return -std::expm1(exponent);
}
void PlateauHessian(const double* v, double* hessian) {
  const double slope = std::exp(-0.5 * (v[0] * v[0] + v[1] * v[1]));
  FillHessian(slope * (1 - v[0] * v[0]), -slope * v[0] * v[1], slope * (1 - v[1] * v[1]), hessian);
}
constexpr double kPlateauStart[] = {4, 4};

double Trough(const double* v, double* gradient) {
  const double sine = std::sin(v[1]);
  gradient[0] = 2 * v[0] * sine;
  gradient[1] = v[0] * v[0] * std::cos(v[1]);
  return v[0] * v[0] * sine;
}
void TroughHessian(const double* v, double* hessian) {
  FillHessian(2 * std::sin(v[1]), 2 * v[0] * std::cos(v[1]), -v[0] * v[0] * std::sin(v[1]), hessian);
}
constexpr double kTroughStart[] = {1, -1};

double DoubleWell(const double* v, double* gradient) {
  const double x = v[0];
  const double a = x * x - 1;
  gradient[0] = 4 * x * a + 0.3;
  return a * a + 0.3 * x;
}
void DoubleWellHessian(const double* v, double* hessian) { hessian[0] = 12 * v[0] * v[0] - 4; }
constexpr double kDoubleWellStart[] = {2};
constexpr double kDoubleWellPoints[][1] = {{-1.0355787140888537}, {0.9601495555191055}};
constexpr KnownMinimum kDoubleWellMinima[] = {
    {.point = kDoubleWellPoints[0], .value = -0.30542848374391596},
    {.point = kDoubleWellPoints[1], .value = 0.29414648102826285, .is_global = false}};

constexpr std::array<FunctionInfo, 9> kFunctions = {{
    {.name = "bowl",
     .summary = "A round bowl: every method that works at all works here.",
     .formula = "(x^2 + y^2)/2",
     .reference = "De Jong, \"An analysis of the behavior of a class of genetic adaptive systems\", 1975, function 1, "
                  "halved",
     .variables = kXY,
     .default_start = kBowlStart,
     .minima = kOriginMinimum,
     .evaluate = Bowl,
     .evaluate_hessian = BowlHessian},
    {.name = "ravine",
     .summary = "An ellipse of condition number 25: plain descent zigzags across it and creeps along it.",
     .formula = "(x^2 + 25 y^2)/2",
     .reference = "Boyd and Vandenberghe, \"Convex Optimization\", section 9.3.2",
     .variables = kXY,
     .default_start = kRavineStart,
     .minima = kOriginMinimum,
     .evaluate = Ravine,
     .evaluate_hessian = RavineHessian},
    {.name = "rosenbrock",
     .summary = "A curved valley: quick to reach, slow to follow to the minimum at (1, 1).",
     .formula = "(1-x)^2 + 100 (y-x^2)^2",
     .reference = "Rosenbrock, \"An automatic method for finding the greatest or least value of a function\", The "
                  "Computer Journal 3, 1960",
     .variables = kXY,
     .default_start = kRosenbrockStart,
     .minima = kRosenbrockMinima,
     .evaluate = Rosenbrock,
     .evaluate_hessian = RosenbrockHessian},
    {.name = "beale",
     .summary = "Flat around its minimum at (3, 1/2), with steep walls towards the corners.",
     .formula = "(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2",
     .reference = "Beale, \"On an iterative method for finding a local minimum of a function of more than one "
                  "variable\", 1958; More, Garbow and Hillstrom, \"Testing unconstrained optimization software\", ACM "
                  "TOMS 7, 1981, problem 5",
     .variables = kXY,
     .default_start = kBealeStart,
     .minima = kBealeMinima,
     .evaluate = Beale,
     .evaluate_hessian = BealeHessian},
    {.name = "himmelblau",
     .summary = "Four minima of the same value: the start decides; small steps from the origin lead to (3, 2).",
     .formula = "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
     .reference = "Himmelblau, \"Applied Nonlinear Programming\", 1972",
     .variables = kXY,
     .default_start = kHimmelblauStart,
     .minima = kHimmelblauMinima,
     .evaluate = Himmelblau,
     .evaluate_hessian = HimmelblauHessian},
    {.name = "saddle",
     .summary = "A saddle at the origin between two minima; a start with y = 0 ends on the saddle.",
     .formula = "x^2/2 - y^2/2 + y^4/4",
     .reference = "Nesterov, \"Introductory Lectures on Convex Optimization\", 2004, section 1.2.3",
     .variables = kXY,
     .default_start = kSaddleStart,
     .minima = kSaddleMinima,
     .evaluate = Saddle,
     .evaluate_hessian = SaddleHessian},
    {.name = "plateau",
     .summary = "Almost flat where it starts, although the minimum is far: a small gradient is no proof of a minimum.",
     .formula = "1 - exp(-(x^2 + y^2)/2)",
     .reference = "Goodfellow, Bengio and Courville, \"Deep Learning\", section 8.2.3",
     .variables = kXY,
     .default_start = kPlateauStart,
     .minima = kOriginMinimum,
     .evaluate = Plateau,
     .evaluate_hessian = PlateauHessian},
    {.name = "trough",
     .summary = "Unbounded below: runs grow without end or lock into a cycle; there is no minimum to find.",
     .formula = "x^2 sin(y)",
     .reference = "A common exercise on partial derivatives; with rate 0.1 from (1, -1) plain descent ends in a "
                  "2-cycle at |x| = sqrt(10 pi)",
     .variables = kXY,
     .default_start = kTroughStart,
     .minima = {},
     .evaluate = Trough,
     .evaluate_hessian = TroughHessian},
    {.name = "double_well",
     .summary = "Two valleys, the left one deeper: the start and the momentum decide which is found.",
     .formula = "(x^2 - 1)^2 + 0.3 x",
     .reference = "Strogatz, \"Nonlinear Dynamics and Chaos\", section 3.6 (imperfect pitchfork)",
     .variables = kX,
     .default_start = kDoubleWellStart,
     .minima = kDoubleWellMinima,
     .evaluate = DoubleWell,
     .evaluate_hessian = DoubleWellHessian},
}};

}  // namespace

absl::Span<const FunctionInfo> Functions() { return kFunctions; }

const FunctionInfo* FindFunction(absl::string_view name) {
  for (const FunctionInfo& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace descent::core
