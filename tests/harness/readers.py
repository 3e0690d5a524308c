"""Every reader of the project that the harness knows."""

import readers_crates
import readers_data
import readers_evidence
import readers_pairs
import readers_planted
import readers_results
import readers_settings
import readers_siblings
import readers_trained

MODULES = (
    *(readers_data, readers_pairs, readers_trained, readers_evidence, readers_crates, readers_settings),
    *(readers_results, readers_siblings, readers_planted),
)
READERS = {reader.name: reader for module in MODULES for reader in module.READERS}
