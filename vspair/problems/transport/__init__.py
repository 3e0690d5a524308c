"""Transport between mixtures on the sphere, and posterior samples of one in the plane (Piening and Chung)."""
