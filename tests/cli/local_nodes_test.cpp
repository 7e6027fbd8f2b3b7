// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "runtime/cli/local_nodes.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

namespace local_nodes_test {

namespace fs = std::filesystem;

namespace {

Environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  };
}

struct Directory {
  nexus::llm::test::TemporaryDirectory root;
  fs::path nodes = root.path() / "state" / "nodes";

  [[nodiscard]] std::string found() const {
    std::string all;
    for (const auto& node : running_nodes({nodes}))
      all += node.text() + " ";
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(local_nodes, Directory)

BOOST_AUTO_TEST_CASE(a_node_is_found_while_it_runs) {
  BOOST_TEST(found() == "");
  {
    const auto announcement = NodeAnnouncement::make(nodes, {"127.0.0.1", 4711});
    BOOST_REQUIRE(announcement.has_value());
    BOOST_TEST(found() == "127.0.0.1:4711 ");
    BOOST_TEST(found() == "127.0.0.1:4711 ");
  }
  BOOST_TEST(found() == "");
  BOOST_TEST(fs::is_empty(nodes));
}

BOOST_AUTO_TEST_CASE(what_a_killed_node_leaves_is_told_from_a_node_and_removed) {
  const auto child = ::fork();
  if (child == 0) {
    const auto announcement = NodeAnnouncement::make(nodes, {"127.0.0.1", 4711});
    ::raise(SIGKILL);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(fs::exists(nodes / std::to_string(child)));
  BOOST_TEST(found() == "");
  BOOST_TEST(!fs::exists(nodes / std::to_string(child)));
}

BOOST_AUTO_TEST_CASE(an_address_is_one_that_this_machine_can_use) {
  const auto all = NodeAnnouncement::make(nodes, {"0.0.0.0", 1});
  BOOST_TEST(found() == "127.0.0.1:1 ");
}

BOOST_AUTO_TEST_CASE(other_files_are_left_alone) {
  fs::create_directories(nodes);
  std::ofstream{nodes / "notes.txt"} << "127.0.0.1:1";
  std::ofstream{nodes / ".123"} << "127.0.0.1:1";
  fs::create_directory(nodes / "77");
  BOOST_TEST(found() == "");
  BOOST_TEST(fs::exists(nodes / "notes.txt"));
  BOOST_TEST(fs::exists(nodes / ".123"));
  BOOST_TEST(fs::exists(nodes / "77"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_an_error_with_its_path) {
  std::ofstream{root.path() / "file"} << "x";
  const auto announcement = NodeAnnouncement::make(root.path() / "file" / "nodes", {"::1", 1});
  BOOST_REQUIRE(!announcement.has_value());
  BOOST_TEST(announcement.error().detail.find("file/nodes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_service_has_its_own_directory_and_is_found_by_all) {
  BOOST_TEST(own_node_directory(with({{"RUNTIME_DIRECTORY", "/run/nexus-llm:/run/x"}})).value() ==
             fs::path{"/run/nexus-llm"});
  BOOST_TEST(own_node_directory(with({{"HOME", "/home/a"}})).value() ==
             fs::path{"/home/a/.local/state/nexus-llm/nodes"});
  BOOST_TEST(!own_node_directory(with({})).has_value());
  const auto directories = node_directories(with({{"XDG_STATE_HOME", "/s"}}));
  BOOST_REQUIRE(directories.size() == 2u);
  BOOST_TEST(directories[0] == fs::path{"/s/nexus-llm/nodes"});
  BOOST_TEST(directories[1] == fs::path{"/run/nexus-llm"});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace local_nodes_test

} // namespace nexus::llm::cli::test
