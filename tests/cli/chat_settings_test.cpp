// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_settings.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus::llm::cli::test {

BOOST_AUTO_TEST_SUITE(chat_settings)

BOOST_AUTO_TEST_CASE(an_option_is_set_shown_and_taken_back) {
  ChatSettings settings{{.temperature = 0.5}};
  BOOST_TEST(settings.value("temperature").value() == "0.5");
  BOOST_TEST(settings.set("temperature", "1.5").has_value());
  BOOST_TEST(settings.options().temperature.value() == 1.5);
  BOOST_TEST(settings.value("temperature").value() == "1.5");
  BOOST_TEST(settings.set("temperature", "default").has_value());
  BOOST_TEST(settings.options().temperature.value() == 0.5);
  BOOST_TEST(settings.changed().empty());
  BOOST_TEST(settings.value("seed").value() == "default");
}

BOOST_AUTO_TEST_CASE(every_listed_option_can_be_set) {
  for (const auto name : ChatSettings::names()) {
    ChatSettings settings{{}};
    bool set = false;
    std::string taken;
    for (const char* value : {"4", "1", "true", "json", "[\"x\"]"})
      if (!set && settings.set(name, value)) {
        set = true;
        taken = value;
      }
    BOOST_TEST(set, name);
    BOOST_TEST(settings.value(name).value() != "default", name);
    BOOST_TEST((settings.in_force() ==
                std::vector<ChatOption>{{std::string{name}, settings.value(name).value()}}),
               name);
  }
}

BOOST_AUTO_TEST_CASE(names_of_the_command_line_are_understood) {
  ChatSettings settings{{}};
  for (const char* name : {"max-tokens", "max_tokens", "num_predict"}) {
    BOOST_TEST(settings.set(name, "77").has_value());
    BOOST_TEST(settings.options().max_tokens.value() == 77);
    BOOST_TEST(settings.set(name, "default").has_value());
    BOOST_TEST(!settings.options().max_tokens.has_value());
  }
  BOOST_TEST(settings.set("num-ctx", "4096").has_value());
  BOOST_TEST(settings.window() == 4096u);
}

BOOST_AUTO_TEST_CASE(wrong_values_and_names_change_nothing) {
  ChatSettings settings{{}};
  BOOST_TEST(settings.set("top_k", "20").has_value());
  for (const auto& [name, value] : {std::pair{"temperature", "warm"},
                                    {"temperature", "3"},
                                    {"temperature", "nan"},
                                    {"num_ctx", "3"},
                                    {"num_predict", "0"},
                                    {"seed", "1.5"},
                                    {"stop", "[1]"},
                                    {"think", "hard"},
                                    {"format", "xml"},
                                    {"keep_alive", "soon"},
                                    {"top_k", "many"},
                                    {"temprature", "1"}}) {
    const auto set = settings.set(name, value);
    BOOST_TEST(!set.has_value(), name);
    BOOST_TEST((set.error().code == ErrorCode::invalid_option));
  }
  BOOST_TEST((settings.changed() == std::vector<ChatOption>{{"top_k", "20"}}));
  BOOST_TEST(settings.options().raw_options == R"({"top_k":20})");
  BOOST_TEST(settings.set("temprature", "1").error().subject.find("`temperature`") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(options_of_ollama_join_those_of_the_command_line) {
  ChatSettings settings{{.raw_options = R"({"top_k":10,"mirostat":1})"}};
  BOOST_TEST(settings.set("top_k", "20").has_value());
  BOOST_TEST(settings.options().raw_options == R"({"mirostat":1,"top_k":20})");
  BOOST_TEST(settings.set("top_k", "default").has_value());
  BOOST_TEST(settings.options().raw_options == R"({"top_k":10,"mirostat":1})");
}

BOOST_AUTO_TEST_CASE(the_model_and_the_system_text_stay_when_an_option_is_set) {
  ChatSettings settings{{}};
  settings.options().model = "owl";
  settings.options().system = "Be brief.";
  BOOST_TEST(settings.set("seed", "1").has_value());
  BOOST_TEST(settings.options().model == "owl");
  BOOST_TEST(settings.options().system.value() == "Be brief.");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
