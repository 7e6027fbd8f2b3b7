// SPDX-License-Identifier: BSD-3-Clause
#include "messages/inspection.hpp"

#include "actors/internal_interfaces.hpp"

// CAF 1.x needs none of these instantiations.
#if !NEXUS_LLM_CAF_1
namespace nexus::llm {

template struct Inspection<Admission>;
template struct Inspection<NodeHello>;
template struct Inspection<ResolvedModel>;

} // namespace nexus::llm
#endif
