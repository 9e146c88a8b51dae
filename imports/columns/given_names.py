"""Common first names, to tell a first name from a surname where a file has no header."""

_NAMES = """
aaron adam adrian alan albert alex alexander alexandra alice alison amanda amelia amy andrea
andrew angela ann anna anne anthony antonio arthur barbara ben benjamin beth brian camilla carl
carla carlos carol caroline catherine charles charlotte chloe chris christian christina
christine christopher claire clara claudia colin daniel daniela david dean deborah dennis diana
diane dominic donald donna dorothy dylan edward elena elizabeth ella ellen emily emma eric erica
ethan eva evelyn fiona frances francesca francis frank fred frederick gareth gary gemma george
giovanni giulia grace graham greg hannah harriet harry heather helen henry holly hugo ian isaac
isabel isabella jack jacob jake james jamie jane janet jason jean jennifer jeremy jessica jim
joan joanna joe john jonathan jose joseph josh joshua juan julia julian julie karen kate
katherine katie keith kelly kenneth kevin laura lauren lee leo leonard lewis liam linda lisa
louis louise luca lucas lucia lucy luis luke marco margaret maria marie mario mark martha martin
mary matilda matthew maya megan melissa mia michael michelle miguel mohammed monica nancy
natalie natasha neil nicholas nicola nicole nigel noah nora oliver olivia oscar pablo pamela
patricia patrick paul paula pauline pedro peter philip phoebe rachel ralph ray rebecca richard
robert robin roger ronald rosa rose ruby russell ruth ryan sally sam samantha samuel sandra sara
sarah scott sean sebastian sharon simon sofia sophia sophie stella stephanie stephen steve
steven stuart susan suzanne sylvia tara teresa theo theresa thomas tim timothy tina toby tom
tony tracey tracy valerie vanessa vera victor victoria vincent virginia walter wendy will
william yvonne zoe александр александра алексей алена алина алла анастасия анатолий ангелина
андрей анна антон антонина аркадий арсений артем артур борис вадим валентин валентина валерий
валерия василий вера вероника виктор виктория виталий владимир владислав вячеслав галина
геннадий георгий герман глеб григорий дарья денис диана дмитрий евгений евгения егор екатерина
елена елизавета жанна зинаида зоя иван игорь илья инна ирина кирилл клавдия константин кристина
ксения лариса лев леонид лидия любовь людмила максим маргарита марина мария марк матвей михаил
надежда наталия наталья никита николай нина оксана олег олеся ольга павел петр полина раиса
регина роман руслан светлана семен сергей снежана софия софья станислав степан таисия тамара
татьяна тимофей тимур ульяна федор эдуард элина эльвира эмма юлия юрий яна ярослав
"""

GIVEN_NAMES = frozenset(_NAMES.split())
"""Folded by guests.normalize.fold."""
