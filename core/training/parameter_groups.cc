#include "core/training/parameter_groups.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/aligned.h"

namespace descent::core {
namespace {

constexpr size_t kMostNamesSaid = 20;

constexpr FieldInfo kFields[] = {
    RequiredText("tensors", "Names of the tensors: a pattern in which * stands for any characters and ? for one."),
    Number("learning_rate_factor", "Multiplied into the learning rate.", 1, Positive()),
    OptionalNumber("weight_decay", "In place of the optimizer's; unset: the optimizer's.", NonNegative()),
    Boolean("frozen", "Whether the tensors keep their first values.", false),
};
constexpr KindInfo kGroup = {
    .name = "parameter_groups",
    .summary =
        "Tensors that are updated in their own way. The first group whose pattern matches counts; tensors in no "
        "group are updated as the optimizer says.",
    .fields = kFields};

// Iterative: goes back to the last star only.
bool Matches(absl::string_view pattern, absl::string_view name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = absl::string_view::npos;
  size_t star_name = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] != '*' && pattern[p] == name[n]))) {
      ++p;
      ++n;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (star != absl::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

template <typename T>
class GroupedOptimizer final : public Optimizer<T> {
 public:
  GroupedOptimizer(const Config& optimizer, absl::Span<const Config> groups, const ParameterLayout& layout) {
    for (size_t first = 0; first < layout.tensors.size();) {
      const int64_t group = GroupOf(groups, layout.tensors[first].name);
      const int64_t offset = layout.tensors[first].offset;
      ParameterLayout part;
      for (; first < layout.tensors.size() && GroupOf(groups, layout.tensors[first].name) == group; ++first) {
        const TensorInfo& tensor = layout.tensors[first];
        part.Add(tensor.name, tensor.shape, tensor.role, tensor.labels);
      }
      AddPart(optimizer, group < 0 ? nullptr : &groups[static_cast<size_t>(group)], offset, part);
    }
    if (FindOptimizer(optimizer.name())->has_answer) answer_.resize(static_cast<size_t>(layout.size));
  }

  void Step(const Update<T>& update, absl::Span<T> parameters) override {
    for (const Part& part : parts_) {
      Update<T> own = update;
      own.learning_rate = update.learning_rate * part.learning_rate_factor;
      own.gradient = update.gradient.subspan(part.offset, part.size);
      part.optimizer->Step(own, parameters.subspan(part.offset, part.size));
    }
    if (answer_.empty()) return;
    // A frozen tensor is its own answer.
    std::copy(parameters.begin(), parameters.end(), answer_.begin());
    for (const Part& part : parts_) {
      const absl::Span<const T> answer = part.optimizer->Answer();
      std::copy(answer.begin(), answer.end(), answer_.begin() + static_cast<std::ptrdiff_t>(part.offset));
    }
  }

  absl::Span<const T> Answer() const override { return answer_; }

  std::vector<absl::Span<T>> State() override {
    std::vector<absl::Span<T>> state;
    for (const Part& part : parts_) {
      for (const absl::Span<T> array : part.optimizer->State()) state.push_back(array);
    }
    if (!answer_.empty()) state.push_back(absl::MakeSpan(answer_));
    return state;
  }

  std::vector<absl::Span<double>> Numbers() override {
    std::vector<absl::Span<double>> numbers;
    for (const Part& part : parts_) {
      for (const absl::Span<double> more : part.optimizer->Numbers()) numbers.push_back(more);
    }
    return numbers;
  }

 private:
  struct Part {
    std::unique_ptr<Optimizer<T>> optimizer;
    size_t offset = 0;
    size_t size = 0;
    double learning_rate_factor = 1;
  };

  void AddPart(const Config& optimizer, const Config* group, int64_t offset, const ParameterLayout& layout) {
    if (group != nullptr && group->boolean("frozen")) return;
    Config config = optimizer;
    const double factor = group == nullptr ? 1 : group->number("learning_rate_factor");
    if (group != nullptr && group->has("weight_decay")) config.SetNumber("weight_decay", group->number("weight_decay"));
    // Asgd's own decay of the rate goes by it.
    if (factor != 1) config.SetNumber("learning_rate", config.number("learning_rate") * factor);
    parts_.push_back(
        {MakeOptimizer<T>(config, layout), static_cast<size_t>(offset), static_cast<size_t>(layout.size), factor});
  }

  std::vector<Part> parts_;  // frozen tensors have none
  AlignedVector<T> answer_;  // empty unless the optimizer has one of its own
};

}  // namespace

const KindInfo& ParameterGroupInfo() { return kGroup; }

int64_t GroupOf(absl::Span<const Config> groups, absl::string_view tensor) {
  for (size_t i = 0; i < groups.size(); ++i) {
    if (Matches(groups[i].text("tensors"), tensor)) return static_cast<int64_t>(i);
  }
  return -1;
}

void CheckGroupsMatch(absl::Span<const Config> groups, const ParameterLayout& layout, absl::string_view path,
                      Violations* violations) {
  for (size_t i = 0; i < groups.size(); ++i) {
    const std::string& pattern = groups[i].text("tensors");
    const auto matches = [&pattern](const TensorInfo& tensor) { return Matches(pattern, tensor.name); };
    if (std::any_of(layout.tensors.begin(), layout.tensors.end(), matches)) continue;
    std::vector<absl::string_view> names;
    for (const TensorInfo& tensor : layout.tensors) names.push_back(tensor.name);
    const bool many = names.size() > kMostNamesSaid;
    if (many) names.resize(kMostNamesSaid);
    violations->Add(FieldPath(path, absl::StrCat("parameter_groups[", i, "].tensors")),
                    absl::StrCat("\"", pattern, "\" matches no tensor; those there are: ", absl::StrJoin(names, ", "),
                                 many ? " ..." : ""));
  }
}

std::vector<double> LearningRateFactors(absl::Span<const Config> groups, const ParameterLayout& layout) {
  std::vector<double> factors;
  if (groups.empty()) return factors;
  for (const TensorInfo& tensor : layout.tensors) {
    const int64_t index = GroupOf(groups, tensor.name);
    const Config* group = index < 0 ? nullptr : &groups[static_cast<size_t>(index)];
    const bool frozen = group != nullptr && group->boolean("frozen");
    factors.push_back(frozen ? 0 : (group == nullptr ? 1 : group->number("learning_rate_factor")));
  }
  return factors;
}

template <typename T>
std::unique_ptr<Optimizer<T>> MakeGroupedOptimizer(const Config& optimizer, absl::Span<const Config> groups,
                                                   const ParameterLayout& layout) {
  if (groups.empty()) return MakeOptimizer<T>(optimizer, layout);
  return std::make_unique<GroupedOptimizer<T>>(optimizer, groups, layout);
}

template std::unique_ptr<Optimizer<float>> MakeGroupedOptimizer(const Config&, absl::Span<const Config>,
                                                                const ParameterLayout&);
template std::unique_ptr<Optimizer<double>> MakeGroupedOptimizer(const Config&, absl::Span<const Config>,
                                                                 const ParameterLayout&);

}  // namespace descent::core
