"""Does it teach, and is it the rewards that teach? Seeds and controls of the demo's job."""
