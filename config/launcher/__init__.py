"""How the product starts: its servers and processes, each a direct child that cannot outlive us."""
