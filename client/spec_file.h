// Job specs as files: YAML or JSON with the field names of descent.v1.JobSpec, read and written.
//
//   problem:
//     function: {name: rosenbrock}
//   optimizer:
//     adam: {learning_rate: 0.01}
//   stopping: {max_steps: 2000}
//
// Enum values are written short and in lower case (`scaling: standardize`), lengths as `100 steps` or `2 epochs`. Only
// the form is checked here; whether the values make sense is the server's to say, and PlaceViolations leads from its
// answer back to the line.
#ifndef DESCENT_CLIENT_SPEC_FILE_H_
#define DESCENT_CLIENT_SPEC_FILE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "descent/v1/job_spec.pb.h"

namespace descent::client {

// A spec and where its fields stand.
struct SpecFile {
  v1::JobSpec spec;
  // By path in the spec: `optimizer.adam.beta1` -> `spec.yaml:4:12`, or `--set optimizer.adam.beta1=2`.
  std::map<std::string, std::string> places;
};

// Reads a spec and then applies `settings`, each `PATH=VALUE` with a YAML value: `optimizer.adam.learning_rate=0.01`. A
// setting replaces what the text says, creates what is not there, and takes the place of the text's alternative
// (`optimizer.sgd.momentum=0.9` drops `optimizer.adam`). `name` is what errors call the text; all of them are in the
// message, one a line: `spec.yaml:4:12: optimizer.adam.beta1: must be a number, was "x"`.
absl::StatusOr<SpecFile> ParseSpec(absl::string_view name, absl::string_view text,
                                   absl::Span<const std::string> settings = {});

// The same from a file; `-` is standard input, and an empty path stands for an empty text.
absl::StatusOr<SpecFile> ReadSpecFile(const std::string& path, absl::Span<const std::string> settings = {});

// A spec as YAML that ParseSpec reads back to an equal message. Only fields that are set.
std::string SpecToYaml(const v1::JobSpec& spec);

// The violations of a refused CreateJob, one a line with the place in the file where it is known; empty if `status` has
// none.
std::vector<std::string> PlaceViolations(const absl::Status& status, const SpecFile& file);

}  // namespace descent::client

#endif  // DESCENT_CLIENT_SPEC_FILE_H_
