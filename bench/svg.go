package main

func writePictures(dir string, m machine, works []workload, rs []*result) error { return nil }
