// What a browser keeps for when the hub is away.
