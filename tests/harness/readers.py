"""Every reader of the project that the harness knows."""

import readers_data
import readers_evidence
import readers_planted
import readers_results
import readers_settings
import readers_trained

READERS = {
    reader.name: reader
    for module in (readers_data, readers_trained, readers_evidence, readers_settings, readers_results, readers_planted)
    for reader in module.READERS
}
