// SPDX-License-Identifier: BSD-3-Clause
// The program, with a system that ends as soon as somebody wants to know of its end: what no
// message from outside can do.
#include <functional>
#include <utility>

#include "messages/portability_network.hpp"
#include "runtime/cli/app.hpp"

namespace nexus::llm {

// The linker passes calls of `on_end_of` here (`--wrap`).
void real_on_end_of(const caf::strong_actor_ptr& actor,
                    std::function<void()> call) asm("__real_" NEXUS_LLM_ON_END_OF);
void wrapped_on_end_of(const caf::strong_actor_ptr& actor,
                       std::function<void()> call) asm("__wrap_" NEXUS_LLM_ON_END_OF);

void wrapped_on_end_of(const caf::strong_actor_ptr& actor, std::function<void()> call) {
  real_on_end_of(actor, std::move(call));
  anon_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::kill);
}

} // namespace nexus::llm

int main(int argc, char** argv) { return nexus::llm::cli::run_app(argc, argv); }
