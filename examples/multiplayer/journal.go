package main

import "log/slog"

// journal writes the game's own log into the log of a dedicated server.
type journal struct {
	bystander
	log *slog.Logger
}

func (j journal) logged(line string) { j.log.Info(line) }
