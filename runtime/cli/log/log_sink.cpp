// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/log_sink.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

namespace {

/// Writes log lines to an `Output`, which is thread-safe.
class LogSink : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit LogSink(Output& output) : output_{output} {}

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view line{text.data(), text.size()};
    while (line.ends_with('\n'))
      line.remove_suffix(1);
    output_.message(line);
  }
  void flush_() override {}

  Output& output_;
};

} // namespace

std::shared_ptr<spdlog::logger> make_logger(Output& output) {
  auto logger = std::make_shared<spdlog::logger>("nexus-llm", std::make_shared<LogSink>(output));
  logger->set_pattern("%H:%M:%S.%e %l: %v");
  logger->set_level(spdlog::level::info);
  return logger;
}

} // namespace nexus::llm::cli
