"""PPO of Stable-Baselines3 on array actions."""
