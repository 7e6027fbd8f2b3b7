// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/blame.hpp"

#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace nexus::mutate {

namespace {

using Ids = std::set<std::size_t>;

/// A file with mutants. Lines are counted from 1.
class MutatedFile {
public:
  explicit MutatedFile(const std::string& path) {
    static const std::regex question{R"(nexus_mutant\((\d+)\))"};
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) {
      Ids ids;
      for (std::sregex_iterator each{line.begin(), line.end(), question}, end; each != end; ++each)
        ids.insert(std::stoul((*each)[1].str()));
      ids_.push_back(std::move(ids));
      lines_.push_back(std::move(line));
    }
  }

  /// The mutants whose text stands in a line, or, where there is none, in the lines below it.
  [[nodiscard]] Ids at(std::size_t number) const {
    if (number > ids_.size() || !ids_[number - 1].empty())
      return number > ids_.size() ? Ids{} : ids_[number - 1];
    Ids ids;
    for (auto each = number; each < ids_.size() && !ids_[each].empty(); ++each)
      ids.insert(ids_[each].begin(), ids_[each].end());
    return ids;
  }

  /// What is left out for a complaint in a line that says nothing of a mutant: those of the
  /// constants that it names, or else all of the file.
  [[nodiscard]] Ids behind(std::size_t number) const {
    static const std::regex constant{R"(.*\bconst\b.*\b(\w+) =\s*)"};
    Ids named;
    Ids all;
    const auto told = number <= lines_.size() ? lines_[number - 1] : std::string{};
    for (std::size_t each = 1; each <= lines_.size(); ++each) {
      all.merge(at(each));
      std::smatch match;
      if (std::regex_match(lines_[each - 1], match, constant) &&
          std::regex_search(told, std::regex{"\\b" + match[1].str() + "\\b"}))
        named.merge(at(each));
    }
    return named.empty() ? all : named;
  }

private:
  std::vector<std::string> lines_;
  std::vector<Ids> ids_; ///< of each line
};

} // namespace

std::set<std::size_t> blamed(std::istream& output) {
  static const std::regex complaint{R"(^([^:\s]+):(\d+):(?:\d+:)? (?:fatal )?(error|note): .*)"};
  std::map<std::string, MutatedFile> files;
  const auto file = [&files](const std::string& path) -> const MutatedFile& {
    return files.try_emplace(path, path).first->second;
  };
  Ids all;
  std::optional<std::pair<std::string, std::size_t>> unexplained;
  const auto settle = [&] {
    if (unexplained)
      all.merge(file(unexplained->first).behind(unexplained->second));
    unexplained.reset();
  };
  for (std::string line; std::getline(output, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, complaint))
      continue;
    const bool is_error = match[3].str() == "error";
    // A note may lead to what an error comes from, such as a constant that is none any more.
    if (!is_error && !unexplained)
      continue;
    if (is_error)
      settle();
    const std::pair place{match[1].str(), std::stoul(match[2].str())};
    auto ids = file(place.first).at(place.second);
    if (!ids.empty())
      unexplained.reset();
    else if (is_error)
      unexplained = place;
    all.merge(ids);
  }
  settle();
  return all;
}

} // namespace nexus::mutate
