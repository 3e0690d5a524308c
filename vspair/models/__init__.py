"""Methods for inverse problems: the main paper's models (Table 2) and baselines; a kind of method is a folder.

| kind   | QoI latent     | observation latent | latent map                                         | loss  |
|--------|----------------|--------------------|----------------------------------------------------|-------|
| PAIR   | point          | point              | linear, z_y -> z_x                                 | MSE   |
| vPAIR  | Gaussian       | Gaussian           | MLP, (mu, log sigma^2) -> (mu, log sigma^2)        | ELBOs |
| sVAE   | spike-and-slab | none: encodes y    | none                                               | ELBO  |
| vsPAIR | spike-and-slab | Gaussian           | MLP, (mu, log sigma^2) -> (mu, log sigma^2, omega) | ELBOs |

The backbone is the same in all four (Tables 6 and 7). The map of a variational pair without hidden layers is linear, as
in Section 4.2 and D.2.1. `cvae`, `ensemble`, `fbp`, `lpd`, `tv` and `unet` are baselines; `vspairplus` is a vsPAIR of
ours.

A folder holds `settings.py`, the kind's settings, weights and open choices, which planning reads without torch, and
`model.py`, its class. Both are found by the kind's name (`kinds`), so that a kind more touches no other.
"""
