// SPDX-License-Identifier: BSD-3-Clause
// Runs a fuzz target over files and directories of inputs, with any compiler: what was once found
// stays mended, and the corpus stays sound.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fs = std::filesystem;

namespace {

void replay(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
  const std::vector<std::uint8_t> input{bytes.begin(), bytes.end()};
  static_cast<void>(LLVMFuzzerTestOneInput(input.data(), input.size()));
}

} // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    const fs::path path{argv[i]};
    if (!fs::is_directory(path)) {
      replay(path);
      ++count;
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator{path})
      if (entry.is_regular_file()) {
        replay(entry.path());
        ++count;
      }
  }
  std::printf("%zu inputs replayed\n", count);
  return count > 0 ? 0 : 1;
}
