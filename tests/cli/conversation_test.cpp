// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <chrono>
#include <fstream>

#include "config/file_io.hpp"
#include "runtime/cli/chat/conversation_store.hpp"
#include "runtime/cli/image_file.hpp"
#include "runtime/cli/state_directory.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

namespace conversation_test {

namespace {

namespace fs = std::filesystem;

Conversation sample() {
  return {.model = "owl",
          .system = "Be brief.",
          .options = {{"temperature", "0.5"}},
          .messages = {{.role = ChatRole::user, .content = "Hello\n\"you\"", .images = {"QUJD"}},
                       {.role = ChatRole::assistant, .content = "Hi", .thinking = "Hm."}}};
}

struct Keeping {
  llm::test::TemporaryDirectory directory;
  ConversationStore store{directory.path() / "state" / "conversations"};

  [[nodiscard]] fs::path file(const std::string& name) const {
    return directory.path() / "state" / "conversations" / (name + ".json");
  }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(file(name).parent_path());
    std::ofstream{file(name)} << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::error_code error;
    return read_file(file(name), 1u << 20, error).value_or("");
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(conversations, Keeping)

BOOST_AUTO_TEST_CASE(what_is_saved_is_loaded) {
  BOOST_TEST(store.save("one", sample()).has_value());
  const auto loaded = store.load("one");
  BOOST_REQUIRE(loaded.has_value());
  BOOST_TEST((*loaded == sample()));
  auto longer = sample();
  longer.messages.push_back({.content = "More"});
  BOOST_TEST(store.save("one", longer).has_value());
  BOOST_TEST((store.load("one").value() == longer));
}

BOOST_AUTO_TEST_CASE(only_the_owner_can_read_what_is_saved) {
  BOOST_TEST(store.save("one", sample()).has_value());
  struct stat status {};
  BOOST_TEST(::stat(file("one").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  BOOST_TEST(::stat(file("one").parent_path().c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0700u);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_conversation_is_told_of_and_never_replaced) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"version":"1"})", R"({"version":2})", R"({"version":1,"more":1})",
        R"({"version":1,"messages":[{"role":"nobody"}]})"}) {
    write("bad", text);
    const auto loaded = store.load("bad");
    BOOST_TEST(!loaded.has_value(), text);
    BOOST_TEST((loaded.error().code == ErrorCode::invalid_argument));
    BOOST_TEST(loaded.error().subject.find("bad.json") != std::string::npos);
    const auto saved = store.save("bad", sample());
    BOOST_TEST(!saved.has_value(), text);
    BOOST_TEST((saved.error() == loaded.error()));
    BOOST_TEST(read("bad") == text);
  }
}

BOOST_AUTO_TEST_CASE(what_another_program_has_saved_is_not_replaced_unseen) {
  const auto mine = sample();
  BOOST_TEST(store.save("one", mine).has_value());
  auto theirs = mine;
  theirs.messages.push_back({.content = "Theirs"});
  BOOST_TEST(store.save_grown("one", theirs, mine).has_value());
  auto longer = mine;
  longer.messages.push_back({.content = "Mine"});
  const auto saved = store.save_grown("one", longer, mine);
  BOOST_REQUIRE(!saved.has_value());
  BOOST_TEST(saved.error().subject.find("changed by another program") != std::string::npos);
  BOOST_TEST((store.load("one").value() == theirs));
}

BOOST_AUTO_TEST_CASE(two_programs_that_begin_a_conversation_of_one_name_lose_none) {
  const auto theirs = sample();
  BOOST_TEST(store.save_grown("one", theirs, std::nullopt).has_value());
  auto mine = theirs;
  mine.messages.push_back({.content = "Mine"});
  BOOST_TEST(!store.save_grown("one", mine, std::nullopt).has_value());
  BOOST_TEST((store.load("one").value() == theirs));
}

BOOST_AUTO_TEST_CASE(a_name_never_leaves_the_directory) {
  for (const char* name : {"", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "\xC3\xA9"}) {
    BOOST_TEST(!ConversationStore::is_valid_name(name), name);
    BOOST_TEST(!store.save(name, sample()).has_value(), name);
    BOOST_TEST(!store.load(name).has_value(), name);
    BOOST_TEST(!store.contains(name), name);
  }
  BOOST_TEST(ConversationStore::is_valid_name("a-B_2.x"));
}

BOOST_AUTO_TEST_CASE(names_are_listed_by_when_they_were_saved) {
  BOOST_TEST(store.names().empty());
  const auto now = fs::file_time_type::clock::now();
  for (const auto& [name, age] : {std::pair{"old", 3}, {"new", 1}, {"middle", 2}}) {
    BOOST_TEST(store.save(name, sample()).has_value());
    fs::last_write_time(file(name), now - std::chrono::hours{age});
  }
  std::ofstream{file("old").parent_path() / "notes.txt"} << "x";
  BOOST_TEST((store.names() == std::vector<std::string>{"new", "middle", "old"}));
}

BOOST_AUTO_TEST_CASE(taking_back_removes_the_last_message_and_its_answer) {
  auto conversation = sample();
  conversation.messages.push_back({.content = "More"});
  BOOST_TEST(conversation.take_back().value().content == "More");
  BOOST_TEST(conversation.messages.size() == 2u);
  BOOST_TEST(conversation.take_back().value().images.size() == 1u);
  BOOST_TEST(conversation.messages.empty());
  BOOST_TEST(!conversation.take_back().has_value());
}

BOOST_AUTO_TEST_CASE(the_state_directory_is_where_the_user_wants_it) {
  const auto from = [](std::optional<std::string> state, std::optional<std::string> home) {
    return state_directory([=](const std::string& name) -> std::optional<std::string> {
      return name == "HOME" ? home : name == "XDG_STATE_HOME" ? state : std::nullopt;
    });
  };
  BOOST_TEST(from("/state", "/home/me").value() == "/state/nexus-llm");
  BOOST_TEST(from("relative", "/home/me").value() == "/home/me/.local/state/nexus-llm");
  BOOST_TEST(from({}, "/home/me").value() == "/home/me/.local/state/nexus-llm");
  BOOST_TEST(!from({}, {}).has_value());
  BOOST_TEST(!from({}, "").has_value());
}

BOOST_AUTO_TEST_CASE(an_image_is_read_as_base64) {
  BOOST_TEST(to_base64("") == "");
  BOOST_TEST(to_base64("M") == "TQ==");
  BOOST_TEST(to_base64("Ma") == "TWE=");
  BOOST_TEST(to_base64("Man") == "TWFu");
  BOOST_TEST(to_base64("\xFF\xFE\xFD") == "//79");
  const auto path = (directory.path() / "x.png").string();
  std::ofstream{path} << "\x89PNG\r\n\x1A\nrest";
  BOOST_TEST(read_image(path).value() == "iVBORw0KGgpyZXN0");
  std::ofstream{path} << "text";
  BOOST_TEST(!read_image(path).has_value());
  BOOST_TEST(!read_image(directory.path().string()).has_value());
  BOOST_TEST(!read_image(path + "?").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace conversation_test

} // namespace nexus::llm::cli::test
