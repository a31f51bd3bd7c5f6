"""Constants for applications: ids and outputs as dotenv, JSON, Python and TypeScript."""
