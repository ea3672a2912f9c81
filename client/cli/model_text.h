// Predictions and evaluations in tables and JSON.
#ifndef DESCENT_CLIENT_CLI_MODEL_TEXT_H_
#define DESCENT_CLIENT_CLI_MODEL_TEXT_H_

#include <string>

#include "descent/v1/model_service.pb.h"

namespace descent::cli {

// One line a row: the value, or one for each target, or the class and, where the model gives any, its probability.
std::string PredictionsText(const v1::PredictResponse& predictions);
// One JSON object a row: {"row": 1, "label": "benign", "probabilities": {"benign": 0.98, ...}} or {"row": 1,
// "value": 3.5} or, with several targets, {"row": 1, "values": {"waist": 35, ...}}.
std::string PredictionLines(const v1::PredictResponse& predictions);
// Figures, and who was taken for whom.
std::string EvaluationTables(const v1::EvaluateResponse& response);

}  // namespace descent::cli

#endif  // DESCENT_CLIENT_CLI_MODEL_TEXT_H_
