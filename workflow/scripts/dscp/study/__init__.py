"""The study's areas, sites, periods and days."""
