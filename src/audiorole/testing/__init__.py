"""Public fakes, for tests of audiorole and of what plugs into it.

`series`: a tiny series on disk · `models`: models without weights for every port · `desk`: what a stage is run on ·
`evaluation`: a synthetic cast and a listener · `systems`: scripted speech systems · `voices`: scripted voices for
the chat · `media`: small media files.
"""
