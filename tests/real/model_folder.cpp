// SPDX-License-Identifier: BSD-3-Clause
#include "tests/real/model_folder.hpp"

#include <cstdlib>
#include <system_error>
#include <vector>

namespace nexus::llm::real {

namespace fs = std::filesystem;

std::optional<fs::path> find_model_folder() {
  std::vector<fs::path> places;
  if (const char* named = std::getenv("OLLAMA_MODELS"); named != nullptr && *named != '\0') {
    places.emplace_back(named);
  } else {
    if (const char* home = std::getenv("HOME"))
      places.push_back(fs::path{home} / ".ollama" / "models");
    places.emplace_back("/usr/share/ollama/.ollama/models");
  }
  for (const auto& place : places) {
    std::error_code error;
    const fs::directory_iterator blobs{place / "blobs", error};
    if (!error && blobs != fs::directory_iterator{} && fs::is_directory(place / "manifests", error))
      return place;
  }
  return std::nullopt;
}

void make_view(const fs::path& folder, const fs::path& view) {
  fs::create_directories(view / "blobs");
  fs::copy(folder / "manifests", view / "manifests", fs::copy_options::recursive);
  for (const auto& blob : fs::directory_iterator{folder / "blobs"})
    fs::create_symlink(fs::absolute(blob.path()), view / "blobs" / blob.path().filename());
}

} // namespace nexus::llm::real
