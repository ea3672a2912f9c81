// Runs a fuzz target without a fuzzer: every file of the corpus folder as it is, then a fixed number of mutations.
// Which mutation comes out depends on its number only, so a failure comes again:
//
//   fuzz_csv <corpus folder> [mutations, default 20000]    everything
//   fuzz_csv <corpus folder> only <number>                 one mutation, after which to look with a debugger
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int64_t kMutations = 20000;
constexpr size_t kMaxBytes = 4096;

volatile std::sig_atomic_t current_mutation = -1;

extern "C" void TellMutation(int signal) {
  std::fprintf(stderr, "failed at mutation %d (-1: a file of the corpus as it is)\n",
               static_cast<int>(current_mutation));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// SplitMix64 (Steele, Lea and Flood 2014), seeded by the number of the mutation.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  size_t Below(size_t bound) { return static_cast<size_t>(Next() % bound); }

 private:
  uint64_t state_;
};

// One change of the kinds that find most: flipped bits, bytes set, removed, repeated, pieces of other inputs.
void Mutate(const std::vector<std::string>& corpus, Random* random, std::string* input) {
  const std::string& other = corpus[random->Below(corpus.size())];
  const size_t at = random->Below(input->size() + 1);
  const size_t length = 1 + random->Below(8);
  switch (random->Below(7)) {
    case 0:
      if (at < input->size()) (*input)[at] = static_cast<char>((*input)[at] ^ (1 << random->Below(8)));
      break;
    case 1:
      if (at < input->size()) (*input)[at] = static_cast<char>(random->Next());
      break;
    case 2:
      input->erase(at, length);
      break;
    case 3:
      input->insert(at, input->substr(at, 4 * length));
      break;
    case 4:
      input->insert(at, length, static_cast<char>(random->Next()));
      break;
    case 5:
      if (!other.empty()) input->insert(at, other.substr(random->Below(other.size()), 8 * length));
      break;
    default: {
      // A number at an end of its range, where a length may stand.
      const uint64_t value =
          random->Below(2) == 0 ? ~uint64_t{0} >> random->Below(64) : uint64_t{1} << random->Below(64);
      std::string bytes(sizeof value, '\0');
      std::memcpy(bytes.data(), &value, sizeof value);
      input->replace(at, bytes.size(), bytes);
    }
  }
}

void RunMutation(const std::vector<std::string>& corpus, int64_t number) {
  current_mutation = static_cast<std::sig_atomic_t>(number);
  Random random(static_cast<uint64_t>(number));
  std::string input = corpus[random.Below(corpus.size())];
  for (size_t changes = 1 + random.Below(6); changes > 0; --changes) Mutate(corpus, &random, &input);
  if (input.size() > kMaxBytes) input.resize(kMaxBytes);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::vector<std::string> ReadCorpus(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus = {""};
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s <corpus folder> [mutations | only <number>]\n", argv[0]);
    return 2;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) std::signal(signal, TellMutation);
  const std::vector<std::string> corpus = ReadCorpus(argv[1]);
  if (argc == 4) {
    RunMutation(corpus, std::atoll(argv[3]));
    return 0;
  }
  for (const std::string& input : corpus) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  const int64_t mutations = argc == 3 ? std::atoll(argv[2]) : kMutations;
  for (int64_t number = 0; number < mutations; ++number) RunMutation(corpus, number);
  std::printf("%zu inputs and %lld mutations\n", corpus.size(), static_cast<long long>(mutations));
  return 0;
}
