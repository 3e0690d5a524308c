"""Interventions on the latent space of VAEs, with data of growing diversity (Mueller et al.)."""
